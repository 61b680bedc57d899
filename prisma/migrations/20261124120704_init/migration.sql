-- CreateEnum
CREATE TYPE "area_kind" AS ENUM ('street', 'zone');

-- CreateEnum
CREATE TYPE "unit_kind" AS ENUM ('bureau', 'government', 'enterprise');

-- CreateEnum
CREATE TYPE "person_category" AS ENUM ('deputy_leader', 'official', 'principal', 'safety_manager', 'worker', 'special_operator');

-- CreateEnum
CREATE TYPE "verification" AS ENUM ('unverified', 'verified', 'refused');

-- CreateEnum
CREATE TYPE "role" AS ENUM ('bureau', 'supervisor', 'enterprise', 'instructor', 'learner');

-- CreateEnum
CREATE TYPE "session_state" AS ENUM ('draft', 'scheduled', 'live', 'ended', 'archived');

-- CreateEnum
CREATE TYPE "session_mode" AS ENUM ('online', 'offline', 'both');

-- CreateEnum
CREATE TYPE "end_reason" AS ENUM ('officer', 'publisher_lost');

-- CreateEnum
CREATE TYPE "broadcast_kind" AS ENUM ('preview', 'live');

-- CreateEnum
CREATE TYPE "device_kind" AS ENUM ('personal', 'screen');

-- CreateEnum
CREATE TYPE "entry_kind" AS ENUM ('live', 'replay', 'screen', 'venue', 'correction');

-- CreateEnum
CREATE TYPE "question_kind" AS ENUM ('single', 'multiple', 'true_false');

-- CreateTable
CREATE TABLE "area" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "area_kind" NOT NULL DEFAULT 'street',
    "position" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "area_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "unit" (
    "id" UUID NOT NULL,
    "kind" "unit_kind" NOT NULL,
    "name" TEXT NOT NULL,
    "credit_code" CHAR(18),
    "area_id" UUID NOT NULL,
    "industry" TEXT,
    "high_risk" BOOLEAN NOT NULL DEFAULT false,
    "address" TEXT,
    "contact_name" TEXT,
    "contact_cipher" BYTEA,
    "contact_last4" CHAR(4),
    "join_code" VARCHAR(12) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "unit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "person" (
    "id" UUID NOT NULL,
    "unit_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "category" "person_category" NOT NULL,
    "position" TEXT,
    "phone_hash" BYTEA,
    "phone_cipher" BYTEA,
    "phone_last4" CHAR(4),
    "verification" "verification" NOT NULL DEFAULT 'verified',
    "verified_at" TIMESTAMPTZ(3),
    "link_hash" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "left_at" TIMESTAMPTZ(3),
    "erased_at" TIMESTAMPTZ(3),

    CONSTRAINT "person_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "account" (
    "id" UUID NOT NULL,
    "name" TEXT,
    "phone_hash" BYTEA,
    "phone_cipher" BYTEA,
    "phone_last4" CHAR(4),
    "display_name" TEXT NOT NULL,
    "password_hash" TEXT,
    "person_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "disabled_at" TIMESTAMPTZ(3),

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "role_grant" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "role" "role" NOT NULL,
    "area_id" UUID,
    "industry" TEXT,
    "unit_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "role_grant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "login" (
    "id" UUID NOT NULL,
    "account_id" UUID,
    "person_id" UUID,
    "counter" INTEGER NOT NULL DEFAULT 0,
    "rotated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "user_agent" VARCHAR(200) NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "login_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rate_limit" (
    "key" VARCHAR(255) NOT NULL,
    "points" INTEGER NOT NULL DEFAULT 0,
    "expire" BIGINT,

    CONSTRAINT "rate_limit_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "installation" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "bureau_name" TEXT NOT NULL DEFAULT '',
    "setup_code_hash" BYTEA,
    "set_up_at" TIMESTAMPTZ(3),

    CONSTRAINT "installation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "course" (
    "id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "summary" TEXT NOT NULL DEFAULT '',
    "statutory" BOOLEAN NOT NULL DEFAULT false,
    "statutory_basis" TEXT,
    "statutory_approver" TEXT,
    "attendance_seconds" INTEGER NOT NULL DEFAULT 60,
    "complete_percent" INTEGER NOT NULL DEFAULT 80,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "course_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audience_rule" (
    "id" UUID NOT NULL,
    "course_id" UUID NOT NULL,
    "area_ids" UUID[] DEFAULT ARRAY[]::UUID[],
    "industries" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "high_risk" BOOLEAN,
    "unit_kinds" "unit_kind"[] DEFAULT ARRAY[]::"unit_kind"[],
    "categories" "person_category"[] DEFAULT ARRAY[]::"person_category"[],
    "unit_ids" UUID[] DEFAULT ARRAY[]::UUID[],

    CONSTRAINT "audience_rule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" UUID NOT NULL,
    "course_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "topic" TEXT NOT NULL,
    "outline" TEXT NOT NULL DEFAULT '',
    "instructor_name" TEXT NOT NULL DEFAULT '',
    "instructor_account_id" UUID,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "planned_minutes" INTEGER NOT NULL,
    "mode" "session_mode" NOT NULL DEFAULT 'online',
    "venue" TEXT,
    "state" "session_state" NOT NULL DEFAULT 'draft',
    "revision" INTEGER NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" "end_reason",
    "archived_at" TIMESTAMPTZ(3),
    "due_frozen_at" TIMESTAMPTZ(3),
    "stream_key_hash" BYTEA NOT NULL,
    "stream_key_cipher" BYTEA NOT NULL,
    "peak_devices" INTEGER NOT NULL DEFAULT 0,
    "peak_at" TIMESTAMPTZ(3),
    "publisher_lost_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "broadcast" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "kind" "broadcast_kind" NOT NULL,
    "prefix" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "first_pdt" BIGINT,
    "last_pdt" BIGINT,
    "publishing" BOOLEAN NOT NULL DEFAULT false,
    "source" JSONB,
    "ended_at" TIMESTAMPTZ(3),
    "path" TEXT,
    "duration_ms" INTEGER,
    "bytes" BIGINT,

    CONSTRAINT "broadcast_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "media_event" (
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "media_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attendee" (
    "session_id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "unit_id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "unit_kind" "unit_kind" NOT NULL,
    "industry" TEXT,
    "high_risk" BOOLEAN NOT NULL,
    "category" "person_category" NOT NULL,
    "due" BOOLEAN NOT NULL DEFAULT false,
    "first_joined_at" TIMESTAMPTZ(3),
    "last_beat_at" TIMESTAMPTZ(3),
    "coverage" BIGINT[] DEFAULT ARRAY[]::BIGINT[],
    "credited_ms" INTEGER NOT NULL DEFAULT 0,
    "live_ms" INTEGER NOT NULL DEFAULT 0,
    "replay_ms" INTEGER NOT NULL DEFAULT 0,
    "venue_ms" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "attendee_pkey" PRIMARY KEY ("session_id","person_id")
);

-- CreateTable
CREATE TABLE "connection" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "kind" "device_kind" NOT NULL DEFAULT 'personal',
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "last_beat_at" TIMESTAMPTZ(3) NOT NULL,
    "accepted_ms" INTEGER NOT NULL DEFAULT 0,
    "coverage" BIGINT[] DEFAULT ARRAY[]::BIGINT[],

    CONSTRAINT "connection_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attendance_entry" (
    "id" BIGSERIAL NOT NULL,
    "session_id" UUID NOT NULL,
    "batch" INTEGER NOT NULL,
    "person_id" UUID NOT NULL,
    "kind" "entry_kind" NOT NULL,
    "conn_id" UUID,
    "seq" INTEGER,
    "claimed_from" BIGINT NOT NULL,
    "claimed_to" BIGINT NOT NULL,
    "from" BIGINT NOT NULL,
    "to" BIGINT NOT NULL,
    "hidden" BOOLEAN NOT NULL DEFAULT false,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "delta_ms" INTEGER,
    "actor_id" UUID,
    "reason" TEXT,

    CONSTRAINT "attendance_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attendance_chain" (
    "session_id" UUID NOT NULL,
    "batch" INTEGER NOT NULL DEFAULT 0,
    "digest" BYTEA NOT NULL,

    CONSTRAINT "attendance_chain_pkey" PRIMARY KEY ("session_id")
);

-- CreateTable
CREATE TABLE "attendance_batch" (
    "session_id" UUID NOT NULL,
    "batch" INTEGER NOT NULL,
    "previous" BYTEA NOT NULL,
    "digest" BYTEA NOT NULL,
    "entries" INTEGER NOT NULL,
    "committed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "attendance_batch_pkey" PRIMARY KEY ("session_id","batch")
);

-- CreateTable
CREATE TABLE "screen" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "unit_id" UUID NOT NULL,
    "convenor_id" UUID,
    "declared_heads" INTEGER,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "screen_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "screen_sign_in" (
    "screen_id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "signed_in_at" TIMESTAMPTZ(3) NOT NULL,
    "signed_out_at" TIMESTAMPTZ(3),
    "method" TEXT NOT NULL,
    "device_id" UUID,

    CONSTRAINT "screen_sign_in_pkey" PRIMARY KEY ("screen_id","person_id","signed_in_at")
);

-- CreateTable
CREATE TABLE "presence_check" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "opened_pdt" BIGINT NOT NULL,
    "window_ms" INTEGER NOT NULL DEFAULT 60000,
    "opened_by" UUID,

    CONSTRAINT "presence_check_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "presence_answer" (
    "check_id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "heads" INTEGER,
    "received_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "presence_answer_pkey" PRIMARY KEY ("check_id","person_id")
);

-- CreateTable
CREATE TABLE "enrolment" (
    "session_id" UUID NOT NULL,
    "unit_id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "waiting" BOOLEAN NOT NULL DEFAULT false,
    "enrolled_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "enrolment_pkey" PRIMARY KEY ("session_id","person_id")
);

-- CreateTable
CREATE TABLE "room_question" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "unit_name" TEXT NOT NULL,
    "person_name" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "asked_at" TIMESTAMPTZ(3) NOT NULL,
    "answered_at" TIMESTAMPTZ(3),

    CONSTRAINT "room_question_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "question" (
    "id" UUID NOT NULL,
    "course_id" UUID NOT NULL,
    "session_id" UUID,
    "kind" "question_kind" NOT NULL,
    "stem" TEXT NOT NULL,
    "options" TEXT[],
    "answer" INTEGER[],
    "explanation" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "question_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "live_question" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "question_id" UUID NOT NULL,
    "opened_pdt" BIGINT NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "live_question_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "live_answer" (
    "live_question_id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "unit_id" UUID NOT NULL,
    "choice" INTEGER[],
    "correct" BOOLEAN NOT NULL,
    "conn_id" UUID NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "live_answer_pkey" PRIMARY KEY ("live_question_id","person_id")
);

-- CreateTable
CREATE TABLE "paper" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "pass_percent" INTEGER NOT NULL DEFAULT 60,
    "attempts_allowed" INTEGER NOT NULL DEFAULT 3,
    "published_at" TIMESTAMPTZ(3),

    CONSTRAINT "paper_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "paper_question" (
    "paper_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "question_id" UUID NOT NULL,
    "points" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "paper_question_pkey" PRIMARY KEY ("paper_id","position")
);

-- CreateTable
CREATE TABLE "attempt" (
    "id" UUID NOT NULL,
    "paper_id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "submitted_at" TIMESTAMPTZ(3),
    "points" INTEGER,
    "points_max" INTEGER,
    "passed" BOOLEAN,

    CONSTRAINT "attempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attempt_answer" (
    "attempt_id" UUID NOT NULL,
    "question_id" UUID NOT NULL,
    "choice" INTEGER[],
    "correct" BOOLEAN NOT NULL,
    "points" INTEGER NOT NULL,

    CONSTRAINT "attempt_answer_pkey" PRIMARY KEY ("attempt_id","question_id")
);

-- CreateTable
CREATE TABLE "class_hour_entry" (
    "id" BIGSERIAL NOT NULL,
    "person_id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "year" INTEGER NOT NULL,
    "seconds" INTEGER NOT NULL,
    "statutory" BOOLEAN NOT NULL,
    "cause" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "class_hour_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "proof" (
    "id" UUID NOT NULL,
    "number" TEXT NOT NULL,
    "person_id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "withdrawn_at" TIMESTAMPTZ(3),
    "digest" BYTEA NOT NULL,

    CONSTRAINT "proof_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_entry" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "account_id" UUID,
    "person_id" UUID,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "subject_id" TEXT,
    "detail" JSONB NOT NULL DEFAULT '{}',
    "request_id" TEXT,

    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "socket_io_attachments" (
    "id" BIGSERIAL NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "payload" BYTEA,

    CONSTRAINT "socket_io_attachments_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "area_name_key" ON "area"("name");

-- CreateIndex
CREATE UNIQUE INDEX "unit_credit_code_key" ON "unit"("credit_code");

-- CreateIndex
CREATE UNIQUE INDEX "unit_join_code_key" ON "unit"("join_code");

-- CreateIndex
CREATE INDEX "unit_area_id_idx" ON "unit"("area_id");

-- CreateIndex
CREATE INDEX "unit_industry_idx" ON "unit"("industry");

-- CreateIndex
CREATE UNIQUE INDEX "unit_area_id_name_key" ON "unit"("area_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "person_link_hash_key" ON "person"("link_hash");

-- CreateIndex
CREATE INDEX "person_phone_hash_idx" ON "person"("phone_hash");

-- CreateIndex
CREATE INDEX "person_unit_id_name_idx" ON "person"("unit_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "person_unit_id_phone_hash_key" ON "person"("unit_id", "phone_hash");

-- CreateIndex
CREATE UNIQUE INDEX "account_name_key" ON "account"("name");

-- CreateIndex
CREATE UNIQUE INDEX "account_phone_hash_key" ON "account"("phone_hash");

-- CreateIndex
CREATE UNIQUE INDEX "account_person_id_key" ON "account"("person_id");

-- CreateIndex
CREATE INDEX "role_grant_account_id_idx" ON "role_grant"("account_id");

-- CreateIndex
CREATE INDEX "login_account_id_idx" ON "login"("account_id");

-- CreateIndex
CREATE INDEX "login_person_id_idx" ON "login"("person_id");

-- CreateIndex
CREATE INDEX "login_expires_at_idx" ON "login"("expires_at");

-- CreateIndex
CREATE INDEX "audience_rule_course_id_idx" ON "audience_rule"("course_id");

-- CreateIndex
CREATE UNIQUE INDEX "session_stream_key_hash_key" ON "session"("stream_key_hash");

-- CreateIndex
CREATE INDEX "session_state_starts_at_idx" ON "session"("state", "starts_at");

-- CreateIndex
CREATE UNIQUE INDEX "session_course_id_number_key" ON "session"("course_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "broadcast_prefix_key" ON "broadcast"("prefix");

-- CreateIndex
CREATE INDEX "broadcast_session_id_idx" ON "broadcast"("session_id");

-- CreateIndex
CREATE UNIQUE INDEX "broadcast_one_open" ON "broadcast"("session_id", "kind") WHERE (ended_at is null);

-- CreateIndex
CREATE INDEX "attendee_person_id_idx" ON "attendee"("person_id");

-- CreateIndex
CREATE INDEX "attendee_session_id_unit_id_idx" ON "attendee"("session_id", "unit_id");

-- CreateIndex
CREATE INDEX "connection_session_id_device_id_idx" ON "connection"("session_id", "device_id");

-- CreateIndex
CREATE INDEX "attendance_entry_session_id_person_id_idx" ON "attendance_entry"("session_id", "person_id");

-- CreateIndex
CREATE INDEX "attendance_entry_session_id_batch_idx" ON "attendance_entry"("session_id", "batch");

-- CreateIndex
CREATE UNIQUE INDEX "attendance_entry_conn_id_seq_key" ON "attendance_entry"("conn_id", "seq");

-- CreateIndex
CREATE INDEX "screen_session_id_unit_id_idx" ON "screen"("session_id", "unit_id");

-- CreateIndex
CREATE INDEX "presence_check_session_id_idx" ON "presence_check"("session_id");

-- CreateIndex
CREATE INDEX "room_question_session_id_asked_at_idx" ON "room_question"("session_id", "asked_at");

-- CreateIndex
CREATE INDEX "question_course_id_idx" ON "question"("course_id");

-- CreateIndex
CREATE INDEX "live_question_session_id_idx" ON "live_question"("session_id");

-- CreateIndex
CREATE UNIQUE INDEX "live_question_one_open" ON "live_question"("session_id") WHERE (closed_at is null);

-- CreateIndex
CREATE UNIQUE INDEX "paper_session_id_key" ON "paper"("session_id");

-- CreateIndex
CREATE INDEX "attempt_person_id_idx" ON "attempt"("person_id");

-- CreateIndex
CREATE UNIQUE INDEX "attempt_paper_id_person_id_number_key" ON "attempt"("paper_id", "person_id", "number");

-- CreateIndex
CREATE INDEX "class_hour_entry_person_id_year_idx" ON "class_hour_entry"("person_id", "year");

-- CreateIndex
CREATE UNIQUE INDEX "class_hour_entry_person_id_session_id_cause_key" ON "class_hour_entry"("person_id", "session_id", "cause");

-- CreateIndex
CREATE UNIQUE INDEX "proof_number_key" ON "proof"("number");

-- CreateIndex
CREATE INDEX "audit_entry_subject_subject_id_idx" ON "audit_entry"("subject", "subject_id");

-- CreateIndex
CREATE INDEX "audit_entry_at_idx" ON "audit_entry"("at");

-- AddForeignKey
ALTER TABLE "unit" ADD CONSTRAINT "unit_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "area"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "person" ADD CONSTRAINT "person_unit_id_fkey" FOREIGN KEY ("unit_id") REFERENCES "unit"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "account" ADD CONSTRAINT "account_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_grant" ADD CONSTRAINT "role_grant_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_grant" ADD CONSTRAINT "role_grant_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "area"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_grant" ADD CONSTRAINT "role_grant_unit_id_fkey" FOREIGN KEY ("unit_id") REFERENCES "unit"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "login" ADD CONSTRAINT "login_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "login" ADD CONSTRAINT "login_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audience_rule" ADD CONSTRAINT "audience_rule_course_id_fkey" FOREIGN KEY ("course_id") REFERENCES "course"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_course_id_fkey" FOREIGN KEY ("course_id") REFERENCES "course"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_instructor_account_id_fkey" FOREIGN KEY ("instructor_account_id") REFERENCES "account"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "broadcast" ADD CONSTRAINT "broadcast_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attendee" ADD CONSTRAINT "attendee_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attendee" ADD CONSTRAINT "attendee_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attendee" ADD CONSTRAINT "attendee_unit_id_fkey" FOREIGN KEY ("unit_id") REFERENCES "unit"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "connection" ADD CONSTRAINT "connection_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attendance_entry" ADD CONSTRAINT "attendance_entry_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attendance_chain" ADD CONSTRAINT "attendance_chain_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attendance_batch" ADD CONSTRAINT "attendance_batch_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "screen" ADD CONSTRAINT "screen_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "screen" ADD CONSTRAINT "screen_unit_id_fkey" FOREIGN KEY ("unit_id") REFERENCES "unit"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "screen_sign_in" ADD CONSTRAINT "screen_sign_in_screen_id_fkey" FOREIGN KEY ("screen_id") REFERENCES "screen"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "presence_check" ADD CONSTRAINT "presence_check_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "presence_answer" ADD CONSTRAINT "presence_answer_check_id_fkey" FOREIGN KEY ("check_id") REFERENCES "presence_check"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "enrolment" ADD CONSTRAINT "enrolment_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "enrolment" ADD CONSTRAINT "enrolment_unit_id_fkey" FOREIGN KEY ("unit_id") REFERENCES "unit"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "room_question" ADD CONSTRAINT "room_question_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "room_question" ADD CONSTRAINT "room_question_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "question" ADD CONSTRAINT "question_course_id_fkey" FOREIGN KEY ("course_id") REFERENCES "course"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "question" ADD CONSTRAINT "question_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "live_question" ADD CONSTRAINT "live_question_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "live_question" ADD CONSTRAINT "live_question_question_id_fkey" FOREIGN KEY ("question_id") REFERENCES "question"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "live_answer" ADD CONSTRAINT "live_answer_live_question_id_fkey" FOREIGN KEY ("live_question_id") REFERENCES "live_question"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "live_answer" ADD CONSTRAINT "live_answer_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "paper" ADD CONSTRAINT "paper_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "paper_question" ADD CONSTRAINT "paper_question_paper_id_fkey" FOREIGN KEY ("paper_id") REFERENCES "paper"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "paper_question" ADD CONSTRAINT "paper_question_question_id_fkey" FOREIGN KEY ("question_id") REFERENCES "question"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attempt" ADD CONSTRAINT "attempt_paper_id_fkey" FOREIGN KEY ("paper_id") REFERENCES "paper"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attempt" ADD CONSTRAINT "attempt_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attempt_answer" ADD CONSTRAINT "attempt_answer_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "attempt"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "class_hour_entry" ADD CONSTRAINT "class_hour_entry_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "class_hour_entry" ADD CONSTRAINT "class_hour_entry_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "proof" ADD CONSTRAINT "proof_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "proof" ADD CONSTRAINT "proof_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
