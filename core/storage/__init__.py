"""Where do photos and results lie? On disk or in a bucket, behind one small contract."""
