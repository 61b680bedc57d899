import type { Grant } from '#contract/accounts.ts';
import { creditCheckSymbol } from '#contract/codes.ts';
import type { PersonCategory, UnitKind } from '#contract/organisations.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { createPasswords } from '#server/accounts/passwords.ts';
import { newId } from '#server/ids.ts';
import { newJoinCode } from '#server/organisations/secrets.ts';
import type { Sealing } from '#server/sealing.ts';
import { HttpClient } from './http-client.ts';

export interface SeededPerson {
  id: string;
  name: string;
  phone: string;
  unitId: string;
}

export interface SeededAccount {
  id: string;
  login: string;
  password: string;
}

export type District = Awaited<ReturnType<typeof seedDistrict>>;

const PASSWORD = 'anke-test-2026';
let passwordHash: Promise<string> | undefined;

/**
 * Areas A and B. In A: an enterprise (high-risk, machinery) with two people and a government unit with one; in B: an
 * enterprise (food) with one. Supervisor of A, enterprise administrator of A's enterprise, an instructor, the bureau.
 */
export async function seedDistrict(url: string, prisma: PrismaClient, sealing: Sealing) {
  passwordHash ??= createPasswords().hash(PASSWORD);
  const hash = await passwordHash;
  let serial = 0;

  async function area(name: string) {
    return prisma.area.create({ data: { id: newId(), name }, select: { id: true, name: true } });
  }

  async function unit(kind: UnitKind, name: string, areaId: string, industry: string | null, highRisk = false) {
    serial += 1;
    const first17 = `9131000000000${String(serial).padStart(4, '0')}`;
    return prisma.unit.create({
      data: {
        id: newId(),
        kind,
        name,
        areaId,
        industry,
        highRisk,
        creditCode: kind === 'enterprise' ? first17 + creditCheckSymbol(first17) : null,
        joinCode: newJoinCode(),
        ...contact(serial),
      },
      select: { id: true, name: true, areaId: true, joinCode: true },
    });
  }

  function contact(number: number) {
    const { phoneCipher, phoneLast4 } = sealing.phone(`1390000${String(number).padStart(4, '0')}`);
    return { contactName: '联系人', contactCipher: phoneCipher, contactLast4: phoneLast4 };
  }

  async function person(name: string, unitId: string, category: PersonCategory): Promise<SeededPerson> {
    serial += 1;
    const phone = `1380000${String(serial).padStart(4, '0')}`;
    const id = newId();
    await prisma.person.create({ data: { id, name, unitId, category, ...sealing.phone(phone) } });
    return { id, name, phone, unitId };
  }

  async function account(login: string, displayName: string, grant: Partial<Grant> & Pick<Grant, 'role'>) {
    const id = newId();
    await prisma.account.create({
      data: { id, name: login, displayName, passwordHash: hash, grants: { create: { id: newId(), ...grant } } },
    });
    return { id, login, password: PASSWORD } satisfies SeededAccount;
  }

  async function signedIn({ login, password }: SeededAccount): Promise<HttpClient> {
    const client = new HttpClient(url);
    const reply = await client.call('POST /login', { body: { login, password } });
    if (reply.status !== 200) throw new Error(`${login} can't sign in: ${reply.problem?.detail}`);
    return client;
  }

  /** As a person of the roster comes in: by their unit's code, name and phone. */
  async function joined(who: Pick<SeededPerson, 'name' | 'phone'>, joinCode: string): Promise<HttpClient> {
    const client = new HttpClient(url);
    const { name, phone } = who;
    const reply = await client.call('POST /join/unit/:joinCode', { params: { joinCode }, body: { name, phone } });
    if (reply.status !== 200) throw new Error(`${name} can't join: ${reply.problem?.detail}`);
    return client;
  }

  const areaA = await area('东湖街道');
  const areaB = await area('西山街道');
  const unitA = await unit('enterprise', '东湖机械有限公司', areaA.id, 'machinery', true);
  const unitB = await unit('enterprise', '西山食品有限公司', areaB.id, 'food');
  const government = await unit('government', '东湖街道办事处', areaA.id, null);
  const personA = await person('张三', unitA.id, 'worker');
  const principalA = await person('李四', unitA.id, 'principal');
  const personB = await person('王五', unitB.id, 'worker');
  const official = await person('赵六', government.id, 'official');
  const accounts = {
    bureau: await account('bureau', '区应急管理局', { role: 'bureau' }),
    supervisor: await account('supervisor', '东湖街道监管员', { role: 'supervisor', areaId: areaA.id }),
    enterprise: await account('enterprise', '东湖机械管理员', { role: 'enterprise', unitId: unitA.id }),
    instructor: await account('instructor', '周老师', { role: 'instructor' }),
  };
  const clients = {
    bureau: await signedIn(accounts.bureau),
    supervisor: await signedIn(accounts.supervisor),
    enterprise: await signedIn(accounts.enterprise),
    instructor: await signedIn(accounts.instructor),
    /** `personA`. */
    learner: await joined(personA, unitA.joinCode),
  };
  return {
    areaA,
    areaB,
    unitA,
    unitB,
    government,
    personA,
    principalA,
    personB,
    official,
    accounts,
    clients,
    signedIn,
    joined,
  };
}
