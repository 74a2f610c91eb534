"""What is handed out, and is it marked for what it is? Labeled copies, and the names they are saved under."""
