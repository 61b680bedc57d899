import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from 'prom-client';

/** What one process has counted, as `Registry.getMetricsAsJSON` gives it; every value carries the process's name. */
export type Counted = MetricObjectWithValues<MetricValue<string>>[];

/**
 * The text of several processes' metrics: each name once, with the values of all. Nothing is added up, since no two
 * processes have a label set in common. A metric that processes of different versions describe differently is kept as the
 * first of them describes it.
 */
export function mergedText(counted: Counted[]): Promise<string> {
  const kinds = new Map<string, unknown>();
  const fitting = counted.map((metrics) =>
    metrics.flatMap((metric) => {
      const kind = kinds.get(metric.name) ?? metric.type;
      kinds.set(metric.name, kind);
      // Of several workers prom-client would leave out what makes no sense as a sum, such as when each of them began.
      return kind === metric.type ? [{ ...metric, aggregator: 'sum' as const }] : [];
    }),
  );
  return AggregatorRegistry.aggregate(fitting).metrics();
}
