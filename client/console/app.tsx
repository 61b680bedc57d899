import { App as AntdApp, ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { lazy, type ReactNode } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { useLanguage } from '#client/i18n.ts';
import { Empty } from '#client/ui/empty.tsx';
import { NothingHere } from '#client/ui/not-found.tsx';
import './console.css';
import { ConsoleLayout } from './layout.tsx';
import { useRoles } from './roles.ts';
import { useConsoleText } from './text.ts';
import { useTheme } from './theme.ts';

const Courses = lazy(() => import('./courses/courses.tsx'));
const CoursePage = lazy(() => import('./courses/course.tsx'));
const LiveDesk = lazy(() => import('./live/live-desk.tsx'));
const SessionReport = lazy(() => import('./reports/session-report.tsx'));
const CourseReport = lazy(() => import('./reports/course-report.tsx'));
const Bulletin = lazy(() => import('./reports/bulletin.tsx'));
const RecordCheck = lazy(() => import('./records/record-check.tsx'));
const NetworkReports = lazy(() => import('./network/network-reports.tsx'));
const HoursPage = lazy(() => import('./hours/hours.tsx'));
const VenuePage = lazy(() => import('./venues/venue.tsx'));
const DoorScreen = lazy(() => import('./venues/door.tsx'));
const Poster = lazy(() => import('./venues/poster.tsx'));
const Units = lazy(() => import('./units/units.tsx'));
const UnitPage = lazy(() => import('./units/unit.tsx'));
const Accounts = lazy(() => import('./accounts/accounts.tsx'));
const RetentionPage = lazy(() => import('./retention/retention.tsx'));
const VideosPage = lazy(() => import('./videos/videos.tsx'));
const MyAccount = lazy(() => import('./accounts/my-account.tsx'));

/** Everything below /console: for officers, supervisors, enterprises and instructors. */
export default function ConsoleApp() {
  const { config } = useTheme();
  const language = useLanguage();
  return (
    <ConfigProvider theme={config} locale={language === 'zh' ? zhCN : enUS} button={{ autoInsertSpace: false }}>
      <AntdApp>
        <Routes>
          <Route path="sessions/:sessionId/bulletin" element={<Bulletin />} />
          <Route path="sessions/:sessionId/door" element={<DoorScreen />} />
          <Route path="sessions/:sessionId/poster" element={<Poster />} />
          <Route element={<ConsoleLayout />}>
            <Route index element={<Home />} />
            <Route path="courses" element={<Courses />} />
            <Route path="courses/:courseId" element={<CoursePage />} />
            <Route path="courses/:courseId/report" element={<CourseReport />} />
            <Route
              path="sessions/:sessionId/live"
              element={<Only roles={['bureau', 'supervisor', 'instructor']} page={<LiveDesk />} />}
            />
            <Route path="sessions/:sessionId/venue" element={<VenuePage />} />
            <Route path="sessions/:sessionId/report" element={<SessionReport />} />
            <Route
              path="sessions/:sessionId/network"
              element={<Only roles={['bureau', 'supervisor', 'enterprise']} page={<NetworkReports />} />}
            />
            <Route path="sessions/:sessionId/record" element={<Only roles={['bureau']} page={<RecordCheck />} />} />
            <Route
              path="hours"
              element={<Only roles={['bureau', 'supervisor', 'enterprise']} page={<HoursPage />} />}
            />
            <Route path="units" element={<Units />} />
            <Route path="units/:unitId" element={<UnitPage />} />
            <Route path="accounts" element={<Only roles={['bureau']} page={<Accounts />} />} />
            <Route path="videos" element={<Only roles={['bureau']} page={<VideosPage />} />} />
            <Route path="retention" element={<Only roles={['bureau']} page={<RetentionPage />} />} />
            <Route path="me" element={<MyAccount />} />
            <Route path="*" element={<NothingHere />} />
          </Route>
        </Routes>
      </AntdApp>
    </ConfigProvider>
  );
}

/** Spares whoever may not read a page its buttons and refusals. */
function Only({ roles, page }: { roles: ('bureau' | 'supervisor' | 'enterprise' | 'instructor')[]; page: ReactNode }) {
  const t = useConsoleText();
  const mine = useRoles();
  if (roles.some((role) => mine[role])) return page;
  return <Empty page title={t('notYours')} hint={t('notYoursHint')} />;
}

function Home() {
  const { bureau, supervisor, instructor, ownUnitId } = useRoles();
  if (!bureau && !supervisor && !instructor && !ownUnitId) return <Navigate replace to="/learn" />;
  const own = !bureau && !supervisor && !instructor && ownUnitId;
  return <Navigate replace to={own ? `units/${ownUnitId}` : 'courses'} />;
}
