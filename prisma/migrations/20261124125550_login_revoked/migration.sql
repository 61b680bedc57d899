-- CreateIndex
CREATE INDEX "login_revoked" ON "login"("revoked_at") WHERE (revoked_at is not null);
