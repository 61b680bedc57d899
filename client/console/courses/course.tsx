import { Button, Space } from 'antd';
import { useState } from 'react';
import { useParams } from 'react-router';
import { formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Result } from '#contract/api.ts';
import type { SessionState } from '#contract/courses.ts';
import { useAct, useRead } from '../data.ts';
import { ActsTitle, ConfirmButton, LinkButton, Loaded, PageHead, StateMark } from '../parts.tsx';
import { QuestionBank } from '../quiz/bank.tsx';
import { PaperEditor } from '../quiz/paper.tsx';
import { useRoles } from '../roles.ts';
import { useScreensText } from '../screens/text.ts';
import { WideTable } from '../table.tsx';
import { useConsoleText } from '../text.ts';
import { SessionVideo } from '../videos/session-video.tsx';
import { useWords } from '../words.ts';
import { AudienceEditor } from './audience.tsx';
import { CourseForm } from './course-form.tsx';
import { SessionForm } from './session-form.tsx';
import { useCourseText } from './text.ts';

type Course = Result<'GET /courses/:courseId'>;
type Session = Course['sessions'][number];

/** One course: its sessions, who is invited, its question bank. */
export default function CoursePage() {
  const { courseId = '' } = useParams();
  const course = useRead('GET /courses/:courseId', { params: { courseId } });
  return <Loaded read={course}>{(loaded) => <CourseView key={loaded.id} course={loaded} />}</Loaded>;
}

function CourseView({ course }: { course: Course }) {
  const t = useCourseText();
  const shared = useConsoleText();
  const { bureau, instructor, supervisor, enterprise } = useRoles();
  const [dialog, setDialog] = useState<'settings' | 'add' | null>(null);
  const archive = useAct('POST /courses/:courseId/archive');
  const move = useAct('POST /sessions/:sessionId/state', { done: t('scheduled') });
  const drafts = course.sessions.filter((session) => session.state === 'draft');
  const editable = bureau && !course.archived;

  const scheduleAll = async () => {
    for (const session of drafts)
      await move.mutateAsync({ params: { sessionId: session.id }, body: { to: 'scheduled' } });
  };

  return (
    <>
      <PageHead title={course.title} back={{ to: '/console/courses', label: shared('courses') }}>
        {(bureau || supervisor || enterprise) && (
          <LinkButton to={`/console/courses/${course.id}/report`}>{t('report')}</LinkButton>
        )}
        {editable && <Button onClick={() => setDialog('settings')}>{t('settings')}</Button>}
        {editable && (
          <ConfirmButton
            question={t('archiveSure')}
            verb={t('archive')}
            busy={archive.isPending}
            onConfirm={() => archive.mutate({ params: { courseId: course.id } })}
          />
        )}
      </PageHead>
      {course.summary && <p className="lead">{course.summary}</p>}
      <section className="section">
        <div className="section__head">
          <h2>{t('sessions')}</h2>
          {editable && (
            <div className="page-actions">
              <Button onClick={() => setDialog('add')}>{t('addSession')}</Button>
              {drafts.length > 0 && (
                <Button
                  type="primary"
                  loading={move.isPending}
                  onClick={() => void scheduleAll().catch(() => undefined)}
                >
                  {t('scheduleAll')}
                </Button>
              )}
            </div>
          )}
        </div>
        <SessionTable course={course} editable={editable} />
      </section>
      {bureau && (
        <AudienceEditor
          key={JSON.stringify(course.audience)}
          courseId={course.id}
          rules={course.audience}
          readOnly={!editable}
        />
      )}
      {(bureau || instructor) && <QuestionBank courseId={course.id} readOnly={course.archived} />}
      {dialog === 'settings' && <CourseForm course={course} onClose={() => setDialog(null)} />}
      {dialog === 'add' && <SessionForm courseId={course.id} onClose={() => setDialog(null)} />}
    </>
  );
}

function SessionTable({ course, editable }: { course: Course; editable: boolean }) {
  const t = useCourseText();
  const word = useWords();
  const language = useLanguage();
  return (
    <WideTable<Session>
      rowKey="id"
      dataSource={course.sessions}
      pagination={false}
      minWidth={940}
      locale={{ emptyText: t('noSessions') }}
      columns={[
        {
          title: t('topic'),
          key: 'topic',
          fixed: 'left',
          width: 210,
          render: (_, session) => (
            <>
              <div className="muted">{t('session', { number: session.number })}</div>
              {session.topic}
            </>
          ),
        },
        {
          title: t('startsAt'),
          key: 'startsAt',
          width: 160,
          render: (_, session) => formatDateTime(session.startsAt, language),
        },
        {
          title: t('length'),
          key: 'length',
          align: 'right',
          width: 84,
          render: (_, session) => t('minutes', { count: session.plannedMinutes }),
        },
        {
          title: t('instructor'),
          key: 'instructor',
          width: 80,
          render: (_, session) => session.instructorName || '–',
        },
        { title: t('mode'), key: 'mode', width: 84, render: (_, session) => word(session.mode) },
        { title: t('state'), key: 'state', width: 92, render: (_, session) => <StateMark state={session.state} /> },
        {
          title: <ActsTitle />,
          key: 'acts',
          render: (_, session) => <SessionActs session={session} editable={editable} />,
        },
      ]}
    />
  );
}

function SessionActs({ session, editable }: { session: Session; editable: boolean }) {
  const t = useCourseText();
  const shared = useConsoleText();
  const screens = useScreensText();
  const { bureau, supervisor, instructor, enterprise } = useRoles();
  const [dialog, setDialog] = useState<'edit' | 'paper' | 'video' | null>(null);
  const move = useAct('POST /sessions/:sessionId/state');
  const remove = useAct('DELETE /sessions/:sessionId');
  const params = { sessionId: session.id };
  const to = (state: SessionState) => move.mutate({ params, body: { to: state } });
  const begun = session.state === 'live' || session.state === 'ended' || session.state === 'archived';

  return (
    <Space size={4} wrap>
      {(bureau || supervisor || instructor) && session.state !== 'draft' && !(session.state === 'archived') && (
        <LinkButton size="small" primary={session.state === 'live'} to={`/console/sessions/${session.id}/live`}>
          {t('desk')}
        </LinkButton>
      )}
      {enterprise && session.mode !== 'offline' && (session.state === 'scheduled' || session.state === 'live') && (
        <LinkButton size="small" to={`/learn/${session.id}/screen`}>
          {screens('watchTogether')}
        </LinkButton>
      )}
      {session.mode !== 'online' && session.state !== 'draft' && (bureau || supervisor || enterprise || instructor) && (
        <LinkButton size="small" to={`/console/sessions/${session.id}/venue`}>
          {t(enterprise && session.state === 'scheduled' ? 'enrol' : 'venuePage')}
        </LinkButton>
      )}
      {begun && (bureau || supervisor || enterprise || instructor) && (
        <LinkButton size="small" to={`/console/sessions/${session.id}/report`}>
          {t('sessionReport')}
        </LinkButton>
      )}
      {editable && session.state === 'draft' && (
        <Button size="small" type="primary" loading={move.isPending} onClick={() => to('scheduled')}>
          {t('schedule')}
        </Button>
      )}
      {editable && (
        <Button size="small" onClick={() => setDialog('edit')}>
          {shared('edit')}
        </Button>
      )}
      {(bureau || instructor) && (
        <Button size="small" onClick={() => setDialog('paper')}>
          {t('paper')}
        </Button>
      )}
      {editable && (session.state === 'draft' || session.state === 'scheduled') && (
        <Button size="small" onClick={() => setDialog('video')}>
          {shared('videos')}
        </Button>
      )}
      {editable && session.state === 'scheduled' && (
        <ConfirmButton
          size="small"
          question={t('takeBackSure')}
          verb={t('takeBack')}
          busy={move.isPending}
          onConfirm={() => to('draft')}
        />
      )}
      {editable && session.state === 'draft' && (
        <ConfirmButton
          size="small"
          danger
          question={t('deleteSure', { number: session.number })}
          verb={t('deleteDraft')}
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ params })}
        />
      )}
      {dialog === 'edit' && (
        <SessionForm courseId={session.courseId} session={session} onClose={() => setDialog(null)} />
      )}
      {dialog === 'video' && <SessionVideo session={session} onClose={() => setDialog(null)} />}
      {dialog === 'paper' && <PaperEditor session={session} onClose={() => setDialog(null)} />}
    </Space>
  );
}
