import './ui.css';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import { Field } from './field.tsx';
import { Failure } from './notice.tsx';

interface Words {
  search: string;
  find: string;
  failed: string;
  none: (q: string) => string;
  choose: (name: string) => string;
}

/** People find themselves by what they type of themselves, and choose. */
export function FindPerson<Person extends { personId: string; name: string }>({
  words,
  find,
  facts,
  busy = false,
  onChosen,
}: {
  words: Words;
  find: (q: string) => Promise<Person[]>;
  /** What tells people of one name apart. */
  facts: (person: Person) => ReactNode;
  busy?: boolean;
  onChosen: (person: Person) => void;
}) {
  const [q, setQ] = useState('');
  const found = useMutation({ mutationFn: find });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (q.trim()) found.mutate(q.trim());
  }

  return (
    <>
      <form onSubmit={submit}>
        <Field
          label={words.search}
          type="search"
          enterKeyHint="search"
          value={q}
          onChange={(event) => setQ(event.target.value)}
        />
        <Button className="find-person__find" look="primary" type="submit" wide busy={found.isPending}>
          {words.find}
        </Button>
      </form>
      {found.isError && <Failure what={words.failed} error={found.error} />}
      <ul className="find-person__list" aria-live="polite">
        {(found.data ?? []).map((person) => (
          <li key={person.personId}>
            <button type="button" className="find-person__choice" disabled={busy} onClick={() => onChosen(person)}>
              <strong>{words.choose(person.name)}</strong>
              <span className="find-person__facts numbers">{facts(person)}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.data?.length === 0 && <p className="find-person__none">{words.none(found.variables ?? '')}</p>}
    </>
  );
}
