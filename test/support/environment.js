'use strict';
const { readFileSync } = require('node:fs');
const { join, sep } = require('node:path');
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');
const { include } = require('../../tsconfig.json');

const root = join(__dirname, '../..');
/** Packages that all files share: all but jest's runner, which keeps something for each file. */
const PACKAGE = /\/node_modules\/(?!jest-circus\/|@jest\/globals\/)/;
/** The folders that tests try; modules of `local` and `bench` keep what they know of their process. */
const PRODUCT = include
  .filter((room) => !['test', 'local', 'bench'].includes(room))
  .map((room) => join(root, room) + sep);

/** The context in which jest runs a file's modules: the process's own. */
const OWN_CONTEXT = {};
/** The modules of the product that an earlier file loaded, by their paths. */
const loaded = new Map();
/** Whether the file that is tested now may take them. */
let shares = true;

const { compileFunction } = vm;
vm.compileFunction = (code, names, { parsingContext, ...options }) => {
  const { filename } = options;
  if (parsingContext !== OWN_CONTEXT) return compileFunction(code, names, { ...options, parsingContext });
  if (PACKAGE.test(filename))
    return (module) => {
      module.exports = require(filename);
    };
  const before = shares && loaded.get(filename);
  if (before)
    return (module) => {
      module.exports = before.exports;
    };
  const load = compileFunction(code, names, options);
  if (!shares || !PRODUCT.some((room) => filename.startsWith(room))) return load;
  return function (module, ...rest) {
    load.call(this, module, ...rest);
    loaded.set(filename, module);
  };
};

/**
 * All files that a process tests share its globals and its packages: in jest's own environment every file loads all packages
 * anew and reaches each global through a proxy, a third of a run. They share the modules of the product too, which know nothing
 * of each other's tests; a file that mocks modules has its own, and so have all that are watched: they change.
 */
module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.before = {
      globals: Object.getOwnPropertyDescriptors(globalThis),
      exit: process.exit,
      env: { ...process.env },
    };
    this.global = globalThis;
    const { watch, watchAll } = config.globalConfig;
    shares = !watch && !watchAll && !readFileSync(context.testPath, 'utf8').includes('jest.mock(');
    Object.assign(globalThis, config.projectConfig.testEnvironmentOptions);
  }

  async setup() {
    // as in production: jest has just made it 100, which costs whatever throws much more
    Error.stackTraceLimit = 10;
  }

  getVmContext() {
    return this.context && OWN_CONTEXT;
  }

  /** Leaves the process as the file found it; what is left of jest would answer for the next file. */
  async teardown() {
    const { globals, exit, env } = this.before;
    for (const key of Reflect.ownKeys(globalThis)) {
      if (!Reflect.getOwnPropertyDescriptor(globalThis, key).configurable) continue;
      if (key in globals) Object.defineProperty(globalThis, key, globals[key]);
      else if (!isOfNode(key)) delete globalThis[key];
    }
    process.exit = exit;
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
    await super.teardown();
  }
};

/** Node's `fetch` keeps its connections there once it is used. */
const isOfNode = (key) => typeof key === 'symbol' && key.description.startsWith('undici.');
