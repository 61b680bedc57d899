import { NETWORK_VERDICTS, type NetworkVerdict } from '#contract/network-verdict.ts';
import type { Visibility } from '../accounts/principal.ts';
import { visibilityParameters, visible } from '../accounts/visible.ts';
import type { Db } from '../db.ts';

/** How many people a verdict was given, each by their newest report. */
export interface Standing {
  verdicts: { verdict: NetworkVerdict; people: number }[];
  units: { unitId: string; unitName: string; verdict: NetworkVerdict; people: number }[];
}

const UNITS = 50;
const IN_TROUBLE = NETWORK_VERDICTS.slice(NETWORK_VERDICTS.indexOf('unstable'));

export function createNetworkStore({ pool }: Db) {
  return {
    /** Units only where somebody is in trouble, most people first. */
    async standing(sessionId: string, visibility: Visibility): Promise<Standing> {
      const { rows } = await pool.query<Standing['units'][number]>(
        `select newest.unit_id as "unitId", unit.name as "unitName", newest.verdict, count(*) as people
         from (
           select distinct on (person_id) person_id, unit_id, verdict from network_report
           where session_id = $1 order by person_id, number desc
         ) as newest join unit on unit.id = newest.unit_id
         where ${visible('unit.area_id', 'unit.industry', 'unit.id', 2)}
         group by newest.unit_id, unit.name, newest.verdict
         order by people desc, unit.name, newest.verdict`,
        [sessionId, ...visibilityParameters(visibility)],
      );
      const people = (verdict: NetworkVerdict) =>
        rows.filter((row) => row.verdict === verdict).reduce((sum, row) => sum + row.people, 0);
      return {
        verdicts: NETWORK_VERDICTS.map((verdict) => ({ verdict, people: people(verdict) })).filter(
          (each) => each.people > 0,
        ),
        units: rows.filter((row) => IN_TROUBLE.includes(row.verdict)).slice(0, UNITS),
      };
    },
  };
}
