import type pg from 'pg';
import type { Services } from '../services.ts';
import { type Joining, joinPeople } from './arrivals.ts';
import { createImports } from './import/imports.ts';
import { createDirectory } from './joining.ts';
import { createRoster } from './roster.ts';
import { createUnits } from './units.ts';

export type Organisations = ReturnType<typeof createOrganisations>;

/** What signing in without a password asks of organisations. */
export type PeopleDirectory = Pick<
  Organisations,
  'findUnitByJoinCode' | 'joinPeople' | 'findPersonByLinkToken' | 'personForLogin' | 'exclusionOf'
>;

/** Areas, units and the people on their rosters. */
export function createOrganisations(services: Services) {
  return {
    ...createUnits(services),
    ...createRoster(services),
    ...createDirectory(services),
    joinPeople: (client: pg.PoolClient, joinings: Joining[]) =>
      joinPeople(client, services.sealing, joinings, services.clock()),
    ...createImports(services),
  };
}
