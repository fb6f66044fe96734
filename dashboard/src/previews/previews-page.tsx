import type { ReactNode } from 'react'
import { Route, Switch } from 'wouter'
import { PreviewList } from './preview-list.tsx'
import { PreviewPage } from './preview-page.tsx'
import { ProjectList } from './project-list.tsx'
import './previews.css'

/** Branches that are served: the list, one of them, and the repositories that they are made of. */
export function PreviewsPage(): ReactNode {
  return (
    <Switch>
      <Route path="/previews/projects" component={ProjectList} />
      <Route path="/previews/:id">{({ id }) => <PreviewPage key={id} id={id} />}</Route>
      <Route component={PreviewList} />
    </Switch>
  )
}
