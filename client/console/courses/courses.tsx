import { Button, Empty, Segmented } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { useRead } from '../data.ts';
import { Loaded, PageHead, StateTag } from '../parts.tsx';
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
            <Empty description={bureau ? `${t('none')}。${t('noneHint')}` : t('noneInvited')} />
          ) : (
            list.map((course) => (
              <section className="section" key={course.id}>
                <h2>
                  <Link to={`/console/courses/${course.id}`}>{course.title}</Link>
                  <span className="muted">{t('sessionsCount', { count: course.sessions.length })}</span>
                </h2>
                {course.summary && <p className="muted">{course.summary}</p>}
                <ul className="list-plain">
                  {course.sessions.map((session) => (
                    <li key={session.id}>
                      <span>
                        {t('session', { number: session.number })} {session.topic}
                        <span className="muted"> · {formatDateTime(session.startsAt, language)}</span>
                      </span>
                      <StateTag state={session.state} />
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
