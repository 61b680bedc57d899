import { expect, test } from '@playwright/test';
import type { Course } from '#contract/courses.ts';
import type { Proof } from '#contract/proofs.ts';
import { address, read, signInAs } from './pages.ts';

test('a proof is found, downloaded, checked by a stranger on a phone, withdrawn with a reason and issued again', async ({
  browser,
  page,
}) => {
  await signInAs(page, '王建国');
  const courses = await read<Course[]>(page, '/courses');
  const past = courses.find(({ title }) => title === '节前安全警示教育')?.sessions[0]?.id;
  const proofs = () => read<{ items: Proof[] }>(page, `/sessions/${past}/proofs?state=valid`);
  // They are issued by a watch that looks every 20 s.
  await expect.poll(async () => (await proofs()).items.length).toBeGreaterThan(1);
  const proof = (await proofs()).items.at(-1);
  if (!proof) throw new Error('there is no proof');

  await page.goto(address(`/console/sessions/${past}/report`));
  await page.getByRole('tab', { name: '参训证明' }).click();
  const search = page.getByRole('tabpanel').getByRole('searchbox');
  await search.fill(proof.number);
  await search.press('Enter');
  const row = page.getByRole('row').filter({ hasText: proof.number });
  await expect(row).toContainText(proof.personName);
  const [file] = await Promise.all([page.waitForEvent('download'), row.getByRole('link').click()]);
  expect(file.suggestedFilename()).toBe(`参加线上培训证明-${proof.personName}-${proof.number}.pdf`);

  const phone = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const stranger = await phone.newPage();
  await stranger.goto(address(`/proof/${proof.number}`));
  await expect(stranger.getByText('证明有效')).toBeVisible();
  await expect(stranger.getByText('不是考核合格证')).toBeVisible();
  expect(await stranger.textContent('main')).not.toContain(proof.personName);

  const form = page.getByRole('dialog');
  await row.getByRole('button', { name: '撤销' }).click();
  await form.getByLabel('原因').fill('冒名参加，待核实');
  await form.getByRole('button', { name: '撤销' }).click();
  await expect(row).toContainText('冒名参加，待核实');
  await stranger.reload();
  await expect(stranger.getByText('证明已撤销，不再有效')).toBeVisible();
  expect(await stranger.textContent('main')).not.toContain('冒名');

  await row.getByRole('button', { name: '重新签发' }).click();
  await form.getByLabel('原因').fill('核实为本人参加');
  await form.getByRole('button', { name: '重新签发' }).click();
  const theirs = `/sessions/${past}/proofs?state=valid&q=${encodeURIComponent(proof.personName)}`;
  const again = async () => {
    const { items } = await read<{ items: Proof[] }>(page, theirs);
    return items.filter(({ personId }) => personId === proof.personId).map(({ number }) => number === proof.number);
  };
  await expect.poll(again).toEqual([false]);
  await phone.close();
});
