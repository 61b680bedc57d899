-- CreateEnum
CREATE TYPE "delivery" AS ENUM ('interactive', 'crowd');

-- CreateEnum
CREATE TYPE "delivery_choice" AS ENUM ('auto', 'interactive', 'crowd');

-- AlterTable
ALTER TABLE "session" ADD COLUMN     "delivery" "delivery" NOT NULL DEFAULT 'interactive',
ADD COLUMN     "delivery_choice" "delivery_choice" NOT NULL DEFAULT 'auto';
