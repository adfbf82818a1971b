"""Where a static frontend is: Cloudflare Pages, or S3 behind CloudFront."""
