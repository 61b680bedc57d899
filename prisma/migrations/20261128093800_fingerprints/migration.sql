-- AlterTable
ALTER TABLE "attendance_batch" ADD COLUMN     "fingerprints" BYTEA;
