-- CreateTable
CREATE TABLE "attendance_wait" (
    "session_id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "began_at" TIMESTAMPTZ(3) NOT NULL,
    "waited_ms" INTEGER NOT NULL,

    CONSTRAINT "attendance_wait_pkey" PRIMARY KEY ("session_id","person_id","began_at")
);

-- CreateTable
CREATE TABLE "waiting_line" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "given" BIGINT NOT NULL DEFAULT 0,
    "called" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "waiting_line_pkey" PRIMARY KEY ("id")
);

-- AddForeignKey
ALTER TABLE "attendance_wait" ADD CONSTRAINT "attendance_wait_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
