-- Pieces of a file lie there for a day at most: to compress them takes longer than to write them.
ALTER TABLE "export_chunk" ALTER COLUMN "content" SET STORAGE EXTERNAL;
