"""What everything in a platform asks for, and whether quotas and machines have it: counted before anything is made."""
