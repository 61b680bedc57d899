-- CreateEnum
CREATE TYPE "screen_way" AS ENUM ('code', 'convenor', 'end');

-- AlterTable
ALTER TABLE "screen" ADD COLUMN     "numbered" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "opened_by" UUID,
ADD COLUMN     "room" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "secret" BYTEA NOT NULL,
ADD COLUMN     "short_code" VARCHAR(8) NOT NULL;

-- AlterTable
ALTER TABLE "screen_sign_in" DROP CONSTRAINT "screen_sign_in_pkey",
DROP COLUMN "method",
ADD COLUMN     "added" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "id" UUID NOT NULL,
ADD COLUMN     "out_way" "screen_way",
ADD COLUMN     "ticket_id" UUID,
ADD COLUMN     "way" "screen_way" NOT NULL,
ADD CONSTRAINT "screen_sign_in_pkey" PRIMARY KEY ("id");

-- CreateTable
CREATE TABLE "screen_span" (
    "screen_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "conn_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "claimed_from" BIGINT NOT NULL,
    "claimed_to" BIGINT NOT NULL,
    "from" BIGINT NOT NULL,
    "to" BIGINT NOT NULL,
    "hidden" BOOLEAN NOT NULL DEFAULT false,
    "received_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "screen_span_pkey" PRIMARY KEY ("screen_id","number")
);

-- CreateIndex
CREATE UNIQUE INDEX "screen_span_conn_id_seq_key" ON "screen_span"("conn_id", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "screen_short_code_key" ON "screen"("short_code");

-- CreateIndex
CREATE UNIQUE INDEX "screen_sign_in_ticket_id_key" ON "screen_sign_in"("ticket_id");

-- CreateIndex
CREATE INDEX "screen_sign_in_screen_id_signed_in_at_idx" ON "screen_sign_in"("screen_id", "signed_in_at");

-- CreateIndex
CREATE INDEX "screen_sign_in_person_id_idx" ON "screen_sign_in"("person_id");

-- CreateIndex
CREATE UNIQUE INDEX "screen_sign_in_once" ON "screen_sign_in"("screen_id", "person_id") WHERE (signed_out_at is null);

-- AddForeignKey
ALTER TABLE "screen_span" ADD CONSTRAINT "screen_span_screen_id_fkey" FOREIGN KEY ("screen_id") REFERENCES "screen"("id") ON DELETE CASCADE ON UPDATE CASCADE;
