import type { Namespace } from 'socket.io';
import { ClusterAdapter, type ClusterMessage, type ClusterResponse } from 'socket.io-adapter';

/** Socket.IO's adapter over our bus: sends what a namespace says to the other workers, and never waits for it. */
export class BusAdapter extends ClusterAdapter {
  readonly #post: (message: string) => void;

  constructor(nsp: Namespace, post: (message: string) => void) {
    super(nsp);
    this.#post = post;
  }

  /** Local sockets are told at once after this, which must not depend on the bus. */
  protected override doPublish(message: ClusterMessage): Promise<string> {
    this.#post(JSON.stringify(message));
    return Promise.resolve('');
  }

  /** Nothing of ours asks the others for an answer. */
  protected override doPublishResponse(_requesterUid: string, response: ClusterResponse): Promise<void> {
    this.#post(JSON.stringify(response));
    return Promise.resolve();
  }

  /** @throws SyntaxError, or what a listener throws */
  hear(message: string): void {
    this.onMessage(JSON.parse(message));
  }
}
