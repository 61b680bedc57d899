import { Alert, Button, Form, Input, Radio, Space } from 'antd';
import { MAX_OUTSIDE_URL, MINOR, type OutsideLook, outsideUrlProblem } from '#contract/outside.ts';
import { useAct } from '../data.ts';
import { problemText, useOutsideText, variantNames } from './text.ts';

/** In a form: where the picture comes from, as `fromOutside` and `outsideUrl`. */
export function OutsideAddress() {
  const t = useOutsideText();
  const form = Form.useFormInstance();
  const fromOutside = Form.useWatch('fromOutside', form);
  const url: string = Form.useWatch('outsideUrl', form) ?? '';
  const look = useAct('POST /outside/look', { touches: [] });
  const isAddress = url !== '' && outsideUrlProblem(url.trim()) === null;

  return (
    <>
      <Form.Item name="fromOutside" label={t('from')}>
        <Radio.Group
          options={[
            { value: false, label: t('ours') },
            { value: true, label: t('elsewhere') },
          ]}
        />
      </Form.Item>
      {fromOutside && (
        <Form.Item label={t('address')} extra={t('addressHint')} required>
          <Space.Compact style={{ width: '100%' }}>
            <Form.Item
              name="outsideUrl"
              noStyle
              rules={[
                {
                  validator: (_, text?: string) => {
                    const problem = text ? outsideUrlProblem(text.trim()) : 'missing';
                    return problem ? Promise.reject(new Error(t(problem))) : Promise.resolve();
                  },
                },
              ]}
            >
              <Input
                aria-label={t('address')}
                inputMode="url"
                maxLength={MAX_OUTSIDE_URL}
                placeholder="https://live.example.com/app/class.m3u8"
                onChange={() => look.reset()}
              />
            </Form.Item>
            <Button
              disabled={!isAddress}
              loading={look.isPending}
              onClick={() => look.mutate({ body: { url: url.trim() } })}
            >
              {t('look')}
            </Button>
          </Space.Compact>
          <div role="status">{look.data && <Finding look={look.data} />}</div>
        </Form.Item>
      )}
    </>
  );
}

function Finding({ look: { problems, variants } }: { look: OutsideLook }) {
  const t = useOutsideText();
  const names = variantNames(variants);
  const plays = problems.every(({ code }) => MINOR.includes(code));
  const title = names === '' ? t('fine') : t('fineVariants', { names });
  return (
    <Alert
      style={{ marginTop: 8 }}
      showIcon
      type={problems.length === 0 ? 'success' : plays ? 'warning' : 'error'}
      title={problems.length === 0 ? title : t(plays ? 'plays' : 'fails')}
      description={
        problems.length > 0 && (
          <ul className="list-plain">
            {problems.map((problem) => (
              <li key={problem.code}>{problemText(t, problem)}</li>
            ))}
          </ul>
        )
      }
    />
  );
}
