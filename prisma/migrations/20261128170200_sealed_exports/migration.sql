-- Files that were made for download are sealed from now on; those of before, kept for a day at most, are asked for again.
DELETE FROM "export_job";
