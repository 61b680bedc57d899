import type { AudienceRule } from '#contract/courses.ts';

/*
 * Who is invited, as SQL. Within a rule every non-empty list must match; a course invites whoever matches one of its
 * rules. People who left or were refused, and closed units, are never invited; people whom their unit has not confirmed
 * yet are (`verification` tells them apart).
 */

/** A query with the columns person_id, unit_id, area_id, unit_kind, industry, high_risk, category, verification; for use as `from (…) as invited`. `course` is an SQL expression: `$1::uuid`, `s.course_id`. */
export function invitedPeople(course: string): string {
  return peopleMatching(`select * from audience_rule where course_id = ${course}`);
}

/** The same of one person, who is looked up first; `person` is an SQL expression, too. */
export function invitedPerson(course: string, person: string): string {
  return peopleMatching(
    `select * from audience_rule where course_id = ${course}`,
    `(select * from person where id = ${person} offset 0) person
     cross join lateral (select * from unit where id = person.unit_id offset 0) unit`,
  );
}

/** The same for rules that are not stored: `rules` is an SQL expression of {@link rulesAsJson}'s text. */
export function peopleMatchingJson(rules: string): string {
  return peopleMatching(`select * from jsonb_to_recordset(${rules}::jsonb) as given (
    area_ids uuid[], industries text[], high_risk boolean,
    unit_kinds unit_kind[], categories person_category[], unit_ids uuid[])`);
}

export function rulesAsJson(rules: AudienceRule[]): string {
  return JSON.stringify(
    rules.map((rule) => ({
      area_ids: rule.areaIds,
      industries: rule.industries,
      high_risk: rule.highRisk,
      unit_kinds: rule.unitKinds,
      categories: rule.categories,
      unit_ids: rule.unitIds,
    })),
  );
}

function peopleMatching(rules: string, everybody = 'person join unit on unit.id = person.unit_id'): string {
  return `select person.id as person_id, unit.id as unit_id, unit.area_id, unit.kind as unit_kind, unit.industry,
      unit.high_risk, person.category, person.verification
    from ${everybody}
    where person.left_at is null and person.verification <> 'refused' and unit.closed_at is null
      and exists (
        select 1 from (${rules}) as rule
        where (cardinality(rule.area_ids) = 0 or unit.area_id = any (rule.area_ids))
          and (cardinality(rule.industries) = 0 or unit.industry = any (rule.industries))
          and (rule.high_risk is null or unit.high_risk = rule.high_risk)
          and (cardinality(rule.unit_kinds) = 0 or unit.kind = any (rule.unit_kinds))
          and (cardinality(rule.categories) = 0 or person.category = any (rule.categories))
          and (cardinality(rule.unit_ids) = 0 or unit.id = any (rule.unit_ids)))`;
}
