"""Photos in, results checked, thumbnails: what may enter, what is sent to the model, what is kept of its answer."""
