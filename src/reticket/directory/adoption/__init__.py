"""What the directory keeps of other systems whose sessions go on here."""
