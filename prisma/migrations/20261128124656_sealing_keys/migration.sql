-- CreateTable
CREATE TABLE "sealing_key" (
    "fingerprint" CHAR(32) NOT NULL,
    "use" VARCHAR(6) NOT NULL,
    "registered_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sealing_key_pkey" PRIMARY KEY ("fingerprint")
);
