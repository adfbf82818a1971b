"""The way in on AWS: names, certificates, a load balancer, and CloudFront in front of it and of buckets."""
