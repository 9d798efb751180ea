"""Jobs on a queue of the storage account."""
