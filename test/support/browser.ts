/** A browser as far as cookies go, for each origin by itself; it follows redirects one at a time. */
export class Browser {
  private readonly jars = new Map<string, Map<string, string>>();

  private readJar(url: string): Map<string, string> {
    const { origin } = new URL(url);
    const jar = this.jars.get(origin) ?? new Map<string, string>();
    this.jars.set(origin, jar);
    return jar;
  }

  /** Writes the header Cookie of a request. */
  writeCookies = (url: string): string => [...this.readJar(url)].map(([name, value]) => `${name}=${value}`).join('; ');

  readCookie = (url: string, name: string): string | undefined => this.readJar(url).get(name);

  plantCookie = (url: string, name: string, value: string): unknown => this.readJar(url).set(name, value);

  async open(url: string): Promise<Response> {
    const response = await fetch(url, { redirect: 'manual', headers: { Cookie: this.writeCookies(url) } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      const isOver = /; *(max-age=0|expires=Thu, 01 Jan 1970)/i.test(line);
      if (isOver) this.readJar(url).delete(name!);
      else this.readJar(url).set(name!, value!);
    }
    return response;
  }

  /** Follows redirects from an address to the first that begins with another; answers that, which is not opened. */
  async followTo(begins: string, from: string): Promise<string> {
    for (let url = from; ;) {
      if (url.startsWith(begins)) return url;
      const response = await this.open(url);
      const location = response.headers.get('location');
      if (!location) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
      url = new URL(location, url).href;
    }
  }
}
