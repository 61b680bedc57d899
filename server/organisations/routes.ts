import type { organisationEndpoints } from '#contract/organisations.ts';
import type { Handlers } from '../http.ts';
import { XLSX } from './import/workbook.ts';
import type { Organisations } from './service.ts';

export function organisationRoutes(organisations: Organisations): Handlers<typeof organisationEndpoints> {
  return {
    'GET /areas': () => organisations.listAreas(),
    'POST /areas': ({ body, actor }) => organisations.createArea(body, actor),
    'PATCH /areas/:areaId': ({ params, body, actor }) => organisations.updateArea(params.areaId, body, actor),

    'GET /units': ({ query, visibility }) => organisations.listUnits(query, visibility),
    'POST /units': ({ body, actor }) => organisations.createUnit(body, actor),
    'GET /units/:unitId': ({ params }) => organisations.readUnit(params.unitId),
    'PATCH /units/:unitId': ({ params, body, visibility, actor }) =>
      organisations.updateUnit(params.unitId, body, visibility, actor),
    'POST /units/:unitId/join-code': ({ params, actor }) => organisations.replaceJoinCode(params.unitId, actor),
    'POST /units/:unitId/close': ({ params, actor }) => organisations.closeUnit(params.unitId, actor),
    'POST /units/:unitId/reopen': ({ params, actor }) => organisations.reopenUnit(params.unitId, actor),
    'GET /units/:unitId/contact-phone': async ({ params, visibility, actor }) => ({
      phone: await organisations.contactPhone(params.unitId, visibility, actor),
    }),

    'GET /units/:unitId/people': ({ params, query }) => organisations.listPeople(params.unitId, query),
    'POST /units/:unitId/people': ({ params, body, actor }) => organisations.createPerson(params.unitId, body, actor),
    'PATCH /people/:personId': ({ params, body, actor }) => organisations.updatePerson(params.personId, body, actor),
    'DELETE /people/:personId': ({ params, actor }) => organisations.leave(params.personId, actor),
    'POST /people/:personId/verification': ({ params, body, actor }) =>
      organisations.verify(params.personId, body.verification, actor),
    'POST /people/:personId/link': ({ params, actor }) => organisations.makeLink(params.personId, actor),
    'GET /people/:personId/phone': async ({ params, visibility, actor }) => ({
      phone: await organisations.personPhone(params.personId, visibility, actor),
    }),

    'GET /imports/units/template': async ({ language }) => ({
      name: language === 'en' ? 'units.xlsx' : '单位导入模板.xlsx',
      type: XLSX,
      content: await organisations.unitsTemplate(),
    }),
    'POST /imports/units': ({ body, query, language, actor }) =>
      organisations.importUnits(body, { commit: query.commit ?? false, language, actor }),
    'GET /imports/people/template': async ({ language }) => ({
      name: language === 'en' ? 'people.xlsx' : '人员导入模板.xlsx',
      type: XLSX,
      content: await organisations.peopleTemplate(),
    }),
    'POST /imports/people': ({ body, query, language, visibility, actor }) =>
      organisations.importPeople(body, { commit: query.commit ?? false, language, visibility, actor }),
  };
}
