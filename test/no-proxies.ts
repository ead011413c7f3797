/**
 * Unit tests reach servers of this computer alone, which no proxy finds. Tests on real hosts fetch Debian's packages the
 * way the user's network wants it.
 */
for (const name of Object.keys(process.env)) if (/^(https?|ftp|all|no)_proxy$/i.test(name)) delete process.env[name];
