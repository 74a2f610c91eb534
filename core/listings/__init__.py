"""Many photos at once: what a ZIP file holds, each photo checked and prepared, its room guessed, copies found."""
