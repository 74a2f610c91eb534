"""What does the staging desk do? Jobs, credits, photos and the provider that draws; pages and API call this."""
