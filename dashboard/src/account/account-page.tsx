import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Card, Cards } from '../design/cards.tsx'
import { Facts } from '../design/facts.tsx'
import { Loaded, Page } from '../design/page.tsx'
import { State } from '../design/state.tsx'
import { moment } from '../design/times.ts'
import { usePlatform } from '../platform/platform.tsx'
import { InvitationsCard } from './invitations-card.tsx'
import { OrganizationsCard } from './organizations-card.tsx'
import { PasswordCard } from './password-card.tsx'
import { SessionsCard } from './sessions-card.tsx'

/** The user: who it is, where a member, and how signed in. */
export function AccountPage(): ReactNode {
  const { daytona, user } = usePlatform()
  const query = useQuery({
    queryKey: ['me', user.id],
    queryFn: ({ signal }) => daytona.client.call('getAuthenticatedUser', {}, { signal }),
  })
  return (
    <Page title="Your account">
      <Cards label="Your account">
        <InvitationsCard />
        <Card title="You" description="An administrator of the platform makes accounts; names cannot be changed yet.">
          <Loaded query={query} what="Your account could not be read">
            {({ id, name, login, email, emailVerified, role, createdAt }) => (
              <Facts
                rows={[
                  ['Name', name],
                  [
                    'Sign-in name',
                    login === null ? 'none: you sign in with your organization' : <code key="login">{login}</code>,
                  ],
                  ['Id', <code key="id">{id}</code>],
                  ['E-mail', <Email key="email" email={email} isVerified={emailVerified} />],
                  ['Administrator', role === 'admin' ? 'yes, of the whole platform' : 'no'],
                  ['Here since', moment(createdAt)],
                ]}
              />
            )}
          </Loaded>
        </Card>
        <OrganizationsCard />
        <PasswordCard />
        <SessionsCard />
      </Cards>
    </Page>
  )
}

function Email({ email, isVerified }: { email: string; isVerified: boolean }): ReactNode {
  if (email === '') return <span className="quiet">none, so nobody can invite you to an organization</span>
  if (isVerified) return email
  return (
    <>
      {email} <State tone="busy" word="not confirmed" />{' '}
      <span className="quiet small">Invitations to it do not reach you until an administrator has confirmed it.</span>
    </>
  )
}
