import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from '@playwright/test';
import type { RosterEntry } from '#tests/support/class.ts';
import { launchChromium } from '../outside/chromium.ts';
import { readAges } from '../outside/glass.ts';
import { joinByCode } from '../outside/join.ts';
import { median } from '../outside/quantile.ts';

const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 500;

export interface Viewing {
  framesPlayed: number;
  /** How old the frames on the screen were, ms: the median of what could be read. */
  latencyMs: number | null;
  /** What the page showed and logged that it should not have. */
  complaints: string[];
}

/** A learner with a real browser, who does by hand what people do. */
export class BrowserLearner {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #ages: number[] = [];
  readonly #complaints: string[] = [];

  static async open(): Promise<BrowserLearner> {
    const browser = await launchChromium();
    return new BrowserLearner(
      browser,
      await browser.newPage({ locale: 'zh-CN', viewport: { width: 390, height: 844 } }),
    );
  }

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
    page.on('pageerror', (error) => this.#complaints.push(`page error: ${error.message}`));
  }

  /** By the unit's code page into the room, until the picture runs. */
  async join(url: string, person: RosterEntry, sessionId: string): Promise<void> {
    const page = this.#page;
    page.setDefaultTimeout(PATIENCE_MS);
    await joinByCode(page, url, person);
    await page.locator(`a[href="/learn/${sessionId}"]`).click();
    await this.#plays();
  }

  /** The page forbids eval, and with it Playwright's waitForFunction. */
  async #plays(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await this.#page.evaluate(() => (document.querySelector('video')?.currentTime ?? 0) > 1))) {
      if (performance.now() > deadline)
        throw new Error(`no picture: ${await this.#page.locator('body').textContent()}`);
      await delay(250);
    }
  }

  /** Watches for so long, and reads the clock in the picture every now and then. */
  async watch(ms: number): Promise<void> {
    this.#ages.push(...(await readAges(this.#page, ms, LOOK_EVERY_MS)).ages);
  }

  async leave(): Promise<Viewing> {
    const framesPlayed = await this.#page.evaluate<number>(
      `(() => {
        const quality = document.querySelector('video').getVideoPlaybackQuality();
        return quality.totalVideoFrames - quality.droppedVideoFrames;
      })()`,
    );
    // Away as people go: the page hands over what it has played.
    await this.#page.goto('about:blank');
    return { framesPlayed, latencyMs: this.#ages.length > 0 ? median(this.#ages) : null, complaints: this.#complaints };
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}
