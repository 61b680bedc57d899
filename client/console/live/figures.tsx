type Figure = [name: string, value: string];

/** What is measured, in three columns; `wide` goes below, each in a line of its own. */
export function Figures({ figures, wide = [] }: { figures: Figure[]; wide?: Figure[] }) {
  return (
    <dl className="health">
      {figures.map((each) => (
        <Row key={each[0]} figure={each} />
      ))}
      {wide.map((each) => (
        <Row key={each[0]} figure={each} className="health__wide" />
      ))}
    </dl>
  );
}

function Row({ figure: [name, value], className }: { figure: Figure; className?: string }) {
  return (
    <div className={className}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
