import { App as AntdApp, ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { lazy } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { useLanguage } from '#client/i18n.ts';
import { NotFound } from '#client/ui/not-found.tsx';
import './console.css';
import { ConsoleLayout } from './layout.tsx';
import { useRoles } from './roles.ts';
import { useTheme } from './theme.ts';

const Courses = lazy(() => import('./courses/courses.tsx'));
const CoursePage = lazy(() => import('./courses/course.tsx'));
const LiveDesk = lazy(() => import('./live/live-desk.tsx'));
const SessionReport = lazy(() => import('./reports/session-report.tsx'));
const CourseReport = lazy(() => import('./reports/course-report.tsx'));
const Bulletin = lazy(() => import('./reports/bulletin.tsx'));
const Units = lazy(() => import('./units/units.tsx'));
const UnitPage = lazy(() => import('./units/unit.tsx'));
const Accounts = lazy(() => import('./accounts/accounts.tsx'));
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
          <Route element={<ConsoleLayout />}>
            <Route index element={<Home />} />
            <Route path="courses" element={<Courses />} />
            <Route path="courses/:courseId" element={<CoursePage />} />
            <Route path="courses/:courseId/report" element={<CourseReport />} />
            <Route path="sessions/:sessionId/live" element={<LiveDesk />} />
            <Route path="sessions/:sessionId/report" element={<SessionReport />} />
            <Route path="units" element={<Units />} />
            <Route path="units/:unitId" element={<UnitPage />} />
            <Route path="accounts" element={<Accounts />} />
            <Route path="me" element={<MyAccount />} />
            <Route path="*" element={<NotFound />} />
          </Route>
        </Routes>
      </AntdApp>
    </ConfigProvider>
  );
}

function Home() {
  const { bureau, supervisor, instructor, ownUnitId } = useRoles();
  const own = !bureau && !supervisor && !instructor && ownUnitId;
  return <Navigate replace to={own ? `units/${ownUnitId}` : 'courses'} />;
}
