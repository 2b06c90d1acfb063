// Holds what a part of the page throws, so that the rest of it stays.

import { Component, type ReactNode } from 'react';

interface BoundaryProps {
  /** Another one: what was thrown is over, and the part is drawn again. */
  readonly of: string;
  readonly fallback: (error: unknown) => ReactNode;
  readonly children: ReactNode;
}

interface BoundaryState {
  readonly thrown: { readonly error: unknown } | null;
  readonly of: string;
}

export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { thrown: null, of: this.props.of };

  static getDerivedStateFromError(error: unknown): Partial<BoundaryState> {
    return { thrown: { error } };
  }

  static getDerivedStateFromProps({ of }: BoundaryProps, state: BoundaryState): BoundaryState | null {
    return of === state.of ? null : { thrown: null, of };
  }

  override render(): ReactNode {
    const { thrown } = this.state;
    return thrown === null ? this.props.children : this.props.fallback(thrown.error);
  }
}
