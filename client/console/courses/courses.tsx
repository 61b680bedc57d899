import { Button, Segmented } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { Empty } from '#client/ui/empty.tsx';
import { useRead } from '../data.ts';
import { Loaded, PageHead, StateMark } from '../parts.tsx';
import { useRoles } from '../roles.ts';
import { useConsoleText } from '../text.ts';
import { CourseForm } from './course-form.tsx';
import { useCourseText } from './text.ts';

/** The list of courses that the caller may see. */
export default function Courses() {
  const t = useCourseText();
  const shared = useConsoleText();
  const language = useLanguage();
  const { bureau } = useRoles();
  const [archived, setArchived] = useState(false);
  const [making, setMaking] = useState(false);
  const courses = useRead('GET /courses', { query: { archived: archived ? '1' : '0' } });

  const emptiness = archived
    ? { title: t('noneArchived'), hint: t('noneArchivedHint') }
    : bureau
      ? { title: t('none'), hint: t('noneHint') }
      : { title: t('noneInvited') };

  return (
    <>
      <PageHead title={shared('courses')}>
        <Segmented
          value={archived ? 'archived' : 'active'}
          onChange={(value) => setArchived(value === 'archived')}
          options={[
            { value: 'active', label: t('activeCourses') },
            { value: 'archived', label: t('archivedCourses') },
          ]}
        />
        {bureau && (
          <Button type="primary" onClick={() => setMaking(true)}>
            {t('newCourse')}
          </Button>
        )}
      </PageHead>
      <Loaded read={courses}>
        {(list) =>
          list.length === 0 ? (
            <section className="section">
              <Empty {...emptiness} />
            </section>
          ) : (
            list.map((course) => (
              <section className="section" key={course.id}>
                <div className="section__head">
                  <h2>
                    <Link to={`/console/courses/${course.id}`}>{course.title}</Link>
                  </h2>
                  <span className="muted">{t('sessionsCount', { count: course.sessions.length })}</span>
                </div>
                {course.summary && <p className="muted section__lead">{course.summary}</p>}
                <ul className="sessions">
                  {course.sessions.map((session) => (
                    <li key={session.id}>
                      <span className="sessions__number muted">{t('session', { number: session.number })}</span>
                      <span className="sessions__topic">{session.topic}</span>
                      <span className="sessions__when muted">{formatDateTime(session.startsAt, language)}</span>
                      <span className="sessions__state">
                        <StateMark state={session.state} />
                      </span>
                    </li>
                  ))}
                </ul>
              </section>
            ))
          )
        }
      </Loaded>
      {making && <CourseForm onClose={() => setMaking(false)} />}
    </>
  );
}
