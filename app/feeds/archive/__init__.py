"""The archive: Delta tables on a folder or S3, everything once and only once, lossless and small."""
