"""Who is asking, and what may they do? Checked here, behind both doors."""
