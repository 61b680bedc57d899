import { useMe } from '#client/session.ts';

/** What the signed-in account holds; decides the menu, never what the server allows. */
export function useRoles() {
  const grants = useMe()?.grants ?? [];
  const holds = (role: string) => grants.some((grant) => grant.role === role);
  return {
    bureau: holds('bureau'),
    supervisor: holds('supervisor'),
    enterprise: holds('enterprise'),
    instructor: holds('instructor'),
    /** The unit that an enterprise administrator keeps. */
    ownUnitId: grants.find((grant) => grant.role === 'enterprise')?.unitId ?? null,
  };
}
