"""What others may use to test their own dialects and stores: contracts, fakes, fixture players."""
