"""What is the model told? Rooms, looks and wishes turned into one instruction that keeps the building as it is."""
