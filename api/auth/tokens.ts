import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { User } from '../../shared/db/users.ts';

const ISSUER = 'millrace';
const AUDIENCE = 'millrace-api';
const TYPE = 'session+jwt';
export const SESSION_SECONDS = 12 * 3_600;

/** Who a token says it belongs to, and the version of the user it was made for. */
export interface Claims {
  userId: number;
  version: number;
  /** UTC milliseconds. */
  expiresAt: number;
}

const claims = z.object({
  sub: z.string().regex(/^\d{1,15}$/),
  ver: z.int().positive(),
  exp: z.int(),
});

/** Makes and reads session tokens: HS256 under `SESSION_SECRET`, twelve hours long. */
export function createTokens(secret: string) {
  const key = new TextEncoder().encode(secret);
  return {
    issue: (user: User): Promise<string> =>
      new SignJWT({ ver: user.version })
        .setProtectedHeader({ alg: 'HS256', typ: TYPE })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(String(user.id))
        .setIssuedAt()
        .setExpirationTime(`${SESSION_SECONDS}s`)
        .sign(key),

    /** The claims of a token that we made and that is still good; undefined for any other text. */
    async read(token: string): Promise<Claims | undefined> {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          issuer: ISSUER,
          audience: AUDIENCE,
          typ: TYPE,
          requiredClaims: ['exp', 'iat', 'sub'],
        });
        const { sub, ver, exp } = claims.parse(payload);
        return { userId: Number(sub), version: ver, expiresAt: exp * 1000 };
      } catch {
        return undefined;
      }
    },
  };
}

export type Tokens = ReturnType<typeof createTokens>;
