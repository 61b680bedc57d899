import { Button } from 'antd';
import { Link, useParams } from 'react-router';
import { useTitle } from '#client/ui/page.tsx';
import type { Result } from '#contract/api.ts';
import { useRead } from '../data.ts';
import { Loaded } from '../parts.tsx';
import './bulletin.css';
import { percent, useReportText } from './text.ts';

/**
 * 参训情况通报: one page in the form that offices pass on, to be printed. An official Chinese document, so it has no
 * English version.
 */
export default function Bulletin() {
  const t = useReportText();
  const { sessionId = '' } = useParams();
  const params = { sessionId };
  const report = useRead('GET /sessions/:sessionId/report', { params });
  const missing = useRead('GET /sessions/:sessionId/missing', { params });
  const installation = useRead('GET /installation');
  useTitle(t('bulletin'));
  return (
    <main className="bulletin-page">
      <div className="bulletin-bar">
        <Link to={`/console/sessions/${sessionId}/report`}>
          ‹ {t('sessionReport', { number: report.data?.number ?? 0 })}
        </Link>
        <Button type="primary" onClick={() => window.print()}>
          {t('print')}
        </Button>
      </div>
      <Loaded read={report}>
        {(loaded) => (
          <Sheet report={loaded} missing={missing.data ?? []} bureauName={installation.data?.bureauName ?? ''} />
        )}
      </Loaded>
    </main>
  );
}

interface SheetProps {
  report: Result<'GET /sessions/:sessionId/report'>;
  missing: Result<'GET /sessions/:sessionId/missing'>;
  bureauName: string;
}

function Sheet({ report, missing, bureauName }: SheetProps) {
  const { totals } = report;
  const risky = missing.filter((unit) => unit.highRisk);
  const day = chineseDay(report.startedAt ?? report.at);
  return (
    <article className="bulletin" lang="zh-CN">
      <h1>
        关于“{report.courseTitle}”第 {report.number} 期
        <br />
        参训情况的通报
      </h1>
      <p className="bulletin-to">各街道（功能区）：</p>
      <p>
        {day}，{bureauName}组织开展“{report.courseTitle}”第 {report.number} 期“{report.topic}
        ”线上培训。现将参训情况通报如下：
      </p>
      <h2>一、总体情况</h2>
      <p>
        本期应参训单位 {totals.unitsDue} 家，实际参训 {totals.unitsPresent} 家；应到 {totals.due} 人，实到{' '}
        {totals.present} 人，参训率 {percent(totals.rate)}
        ；共计 {totals.attendances} 人次，{totals.complete} 人次达标
        {report.peakDevices === null ? '' : `，峰值同时在线设备 ${report.peakDevices} 台`}。
      </p>
      <h2>二、各街道（功能区）情况</h2>
      <table>
        <thead>
          <tr>
            <th>街道（功能区）</th>
            <th>应参训单位</th>
            <th>参训单位</th>
            <th>应到（人）</th>
            <th>实到（人）</th>
            <th>参训率</th>
          </tr>
        </thead>
        <tbody>
          {report.byArea.map((area) => (
            <tr key={area.areaId}>
              <td>{area.areaName}</td>
              <td>{area.unitsDue}</td>
              <td>{area.unitsPresent}</td>
              <td>{area.due}</td>
              <td>{area.present}</td>
              <td>{percent(area.rate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>三、未参训单位</h2>
      <p>
        {missing.length === 0
          ? '应参训单位全部参训。'
          : `未参训单位 ${missing.length} 家${risky.length === 0 ? '。' : `，其中高危行业单位 ${risky.length} 家：${risky.map((unit) => unit.unitName).join('、')}。`}`}
        {missing.length > risky.length &&
          `其他未参训单位：${missing
            .filter((unit) => !unit.highRisk)
            .map((unit) => unit.unitName)
            .join('、')}。`}
      </p>
      {missing.length > 0 && <p>请各街道（功能区）督促未参训单位尽快补课。</p>}
      <p className="bulletin-sign">
        {bureauName}
        <br />
        {chineseDay(report.at)}
      </p>
      <p className="bulletin-note">
        实到指应到人员中有效时长不少于 {report.attendanceSeconds}{' '}
        秒者；达标指有效时长不少于计划时长（提前结束的按实际时长）的 {report.completePercent}%；参训率为实到与应到之比。
      </p>
    </article>
  );
}

/** `2026年2月8日` in Asia/Shanghai. */
function chineseDay(instant: string): string {
  const [year, month, day] = new Date(Date.parse(instant) + 8 * 3_600_000)
    .toISOString()
    .slice(0, 10)
    .split('-')
    .map(Number);
  return `${year}年${month}月${day}日`;
}
