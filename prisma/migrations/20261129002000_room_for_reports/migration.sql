-- Each report writes both rows of its person anew. With half a page free that is done in place, and no index is touched.
ALTER TABLE "attendee" SET (fillfactor = 50);
ALTER TABLE "connection" SET (fillfactor = 50);
