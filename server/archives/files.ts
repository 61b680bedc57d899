import { type ArchiveNeeds, courseFile } from './course.ts';
import type { Make } from './jobs.ts';

/** What is made of each kind of job. */
export function makerOf(needs: ArchiveNeeds): Make {
  return (job, asOf, progress) => {
    const { subjectId, format, full, visibility, origin } = job;
    const wanted = { id: subjectId, format, full, visibility, origin, asOf };
    return courseFile(needs, wanted, progress);
  };
}
