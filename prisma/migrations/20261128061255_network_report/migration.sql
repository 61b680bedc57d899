-- CreateTable
CREATE TABLE "network_report" (
    "id" UUID NOT NULL,
    "number" SERIAL NOT NULL,
    "session_id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "unit_id" UUID NOT NULL,
    "verdict" VARCHAR(20) NOT NULL,
    "figures" JSONB NOT NULL,
    "user_agent" VARCHAR(200) NOT NULL,
    "address" VARCHAR(64) NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "network_report_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "network_report_number_key" ON "network_report"("number");

-- CreateIndex
CREATE INDEX "network_report_session_id_number_idx" ON "network_report"("session_id", "number");

-- CreateIndex
CREATE INDEX "network_report_person_id_sent_at_idx" ON "network_report"("person_id", "sent_at");

-- CreateIndex
CREATE INDEX "network_report_sent_at_idx" ON "network_report"("sent_at");

-- AddForeignKey
ALTER TABLE "network_report" ADD CONSTRAINT "network_report_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "network_report" ADD CONSTRAINT "network_report_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "network_report" ADD CONSTRAINT "network_report_unit_id_fkey" FOREIGN KEY ("unit_id") REFERENCES "unit"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
