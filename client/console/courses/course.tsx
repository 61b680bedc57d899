import { Button, Popconfirm, Space, Table } from 'antd';
import { useState } from 'react';
import { useParams } from 'react-router';
import { formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Result } from '#contract/api.ts';
import type { SessionState } from '#contract/courses.ts';
import { useAct, useRead } from '../data.ts';
import { LinkButton, Loaded, PageHead, StateTag } from '../parts.tsx';
import { QuestionBank } from '../quiz/bank.tsx';
import { PaperEditor } from '../quiz/paper.tsx';
import { useRoles } from '../roles.ts';
import { useConsoleText } from '../text.ts';
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
          <Popconfirm title={t('archiveSure')} onConfirm={() => archive.mutate({ params: { courseId: course.id } })}>
            <Button>{t('archive')}</Button>
          </Popconfirm>
        )}
      </PageHead>
      {course.summary && <p className="muted">{course.summary}</p>}
      <section className="section">
        <h2>
          {t('sessions')}
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
        </h2>
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
    <Table<Session>
      rowKey="id"
      dataSource={course.sessions}
      pagination={false}
      scroll={{ x: 900 }}
      columns={[
        {
          title: t('topic'),
          key: 'topic',
          fixed: 'left',
          width: 240,
          render: (_, session) => (
            <>
              <div className="muted">{t('session', { number: session.number })}</div>
              {session.topic}
            </>
          ),
        },
        { title: t('startsAt'), key: 'startsAt', render: (_, session) => formatDateTime(session.startsAt, language) },
        {
          title: t('length'),
          key: 'length',
          align: 'right',
          render: (_, session) => t('minutes', { count: session.plannedMinutes }),
        },
        { title: t('instructor'), dataIndex: 'instructorName' },
        { title: t('mode'), key: 'mode', render: (_, session) => word(session.mode) },
        { title: t('state'), key: 'state', render: (_, session) => <StateTag state={session.state} /> },
        { title: '', key: 'acts', render: (_, session) => <SessionActs session={session} editable={editable} /> },
      ]}
    />
  );
}

function SessionActs({ session, editable }: { session: Session; editable: boolean }) {
  const t = useCourseText();
  const shared = useConsoleText();
  const { bureau, supervisor, instructor, enterprise } = useRoles();
  const [dialog, setDialog] = useState<'edit' | 'paper' | null>(null);
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
      {editable && session.state === 'scheduled' && (
        <Popconfirm title={t('takeBackSure')} onConfirm={() => to('draft')}>
          <Button size="small">{t('takeBack')}</Button>
        </Popconfirm>
      )}
      {editable && session.state === 'draft' && (
        <Popconfirm title={t('deleteSure')} onConfirm={() => remove.mutate({ params })}>
          <Button size="small" danger>
            {t('deleteDraft')}
          </Button>
        </Popconfirm>
      )}
      {dialog === 'edit' && (
        <SessionForm courseId={session.courseId} session={session} onClose={() => setDialog(null)} />
      )}
      {dialog === 'paper' && <PaperEditor session={session} onClose={() => setDialog(null)} />}
    </Space>
  );
}
